/* Before and after: a line over the map, the present to its left, the plan to its right. */
(function (JJ) {
  'use strict';

  const element = JJ.element;

  function swipe(desk) {
    const toggle = JJ.button('前后对比', { id: 'swipe', 'aria-pressed': 'false' }, function () { desk.store.set({ swipe: desk.store.state.swipe ? 0 : 50 }); });
    const handle = element('div', { id: 'divider', role: 'slider', tabindex: '0', 'aria-label': '现状与方案的分界', 'aria-valuemin': '0', 'aria-valuemax': '100', hidden: true }, [
      element('span', { class: 'side left', text: '现状' }), element('i', {}), element('span', { class: 'side right', text: '方案' }),
    ]);
    JJ.byId('heat').after(toggle);
    JJ.byId('stage').append(handle);
    const show = function () {
      const at = desk.store.state.swipe;
      toggle.setAttribute('aria-pressed', at ? 'true' : 'false');
      handle.hidden = !at;
      handle.style.left = at + '%';
      handle.setAttribute('aria-valuenow', String(Math.round(at)));
      clip(desk);
    };
    desk.store.on(['swipe'], function () { if (!desk.layers.before.shown !== !desk.store.state.swipe) desk.layers.before.show(!!desk.store.state.swipe); show(); });
    desk.map.on('move zoom viewreset', function () { clip(desk); });
    desk.layers.before.placed = function () { clip(desk); };
    if (desk.store.state.swipe) desk.layers.before.show(true);
    pull(desk, handle);
    show();
  }

  function pull(desk, handle) {
    const to = function (share) { desk.store.set({ swipe: Math.min(99, Math.max(1, share)) }); };
    handle.addEventListener('pointerdown', function (event) {
      handle.setPointerCapture(event.pointerId);
      event.stopPropagation();
      const move = function (moved) {
        const box = JJ.byId('stage').getBoundingClientRect();
        to(100 * (moved.clientX - box.left) / box.width);
      };
      const end = function () { handle.removeEventListener('pointermove', move); };
      handle.addEventListener('pointermove', move);
      handle.addEventListener('pointerup', end, { once: true });
      handle.addEventListener('pointercancel', end, { once: true });
    });
    handle.addEventListener('keydown', function (event) {
      const step = event.key === 'ArrowLeft' ? -2 : event.key === 'ArrowRight' ? 2 : 0;
      if (step) { event.preventDefault(); to(desk.store.state.swipe + step); }
    });
  }

  /** Show the sheet of the present as far as the line, wherever the map has been pulled meanwhile. */
  function clip(desk) {
    const sheet = desk.layers.before, canvas = sheet.canvas, at = desk.store.state.swipe;
    if (!canvas || !at) return;
    const size = desk.map.getSize(), left = L.DomUtil.getPosition(canvas).x + desk.map.containerPointToLayerPoint([0, 0]).x * -1;
    const visible = Math.max(0, size.x * at / 100 - left);
    canvas.style.clipPath = 'polygon(0 0, ' + visible + 'px 0, ' + visible + 'px 100%, 0 100%)';
  }

  JJ.swipe = swipe;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
