/* The map by keyboard: arrows and +/− are Leaflet's; Enter does at the centre what a click does; Alt with arrows moves a site. */
(function (JJ) {
  'use strict';

  const STEPS = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] };

  function keys(desk) {
    const box = desk.map.getContainer();
    box.setAttribute('role', 'application');
    box.setAttribute('aria-label', '地图：方向键平移，加减号缩放，回车键选取图中心的社区（村）、设施或居住点');
    box.addEventListener('keydown', function (event) {
      if (event.key !== 'Enter' || event.target !== box) return;
      event.preventDefault();
      const centre = desk.map.getCenter();
      desk.click({ latlng: centre, containerPoint: desk.map.latLngToContainerPoint(centre) });
    });
    // shortcuts are off while somebody types; the name of a site is where its number is, so this one works there too
    JJ.byId('site-list').addEventListener('keydown', function (event) {
      const step = event.altKey && event.target.tagName === 'INPUT' && STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      desk.nudge(step[0], step[1]);
    });
  }

  JJ.keys = keys;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
