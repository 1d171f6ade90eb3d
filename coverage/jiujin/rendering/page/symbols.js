/* Symbols of services: told apart by shape as well as by colour, in grey print too. Drawn on canvases only. */
(function (JJ) {
  'use strict';

  const outlines = {
    circle: function (g, r) { g.arc(0, 0, r, 0, 2 * Math.PI); },
    square: function (g, r) { g.rect(-0.88 * r, -0.88 * r, 1.76 * r, 1.76 * r); },
    diamond: function (g, r) { polygon(g, 4, 1.2 * r, 1.2 * r, -Math.PI / 2); },
    triangle: function (g, r) { polygon(g, 3, 1.2 * r, 1.2 * r, -Math.PI / 2); },
    star: function (g, r) { polygon(g, 10, 1.22 * r, 0.56 * r, -Math.PI / 2); },
    hexagon: function (g, r) { polygon(g, 6, 1.08 * r, 1.08 * r, 0); },
    cross: function (g, r) {
      const q = 0.38 * r, points = [[-q, -r], [q, -r], [q, -q], [r, -q], [r, q], [q, q], [q, r], [-q, r], [-q, q], [-r, q], [-r, -q], [-q, -q]];
      points.forEach(function (p, i) { if (i) g.lineTo(p[0], p[1]); else g.moveTo(p[0], p[1]); });
      g.closePath();
    },
  };

  function polygon(g, corners, outer, inner, turn) {
    for (let i = 0; i < corners; i++) {
      const r = i % 2 ? inner : outer, a = turn + 2 * Math.PI * i / corners;
      if (i) g.lineTo(r * Math.cos(a), r * Math.sin(a)); else g.moveTo(r * Math.cos(a), r * Math.sin(a));
    }
    g.closePath();
  }

  /** Draw a symbol: white halo, colour, dark hairline; `hollow` for what is not counted or only proposed. */
  function symbol(g, service, x, y, r, look) {
    const style = look || {};
    g.save();
    g.translate(x, y);
    if (style.faint) g.globalAlpha = 0.55;
    g.lineJoin = 'round';
    g.beginPath();
    (outlines[service.symbol] || outlines.hexagon)(g, r);
    g.lineWidth = 3.4;
    g.strokeStyle = '#fff';
    g.stroke();
    g.fillStyle = style.hollow ? '#fff' : service.colour;
    g.fill();
    g.lineWidth = style.hollow ? 2 : 0.8;
    g.strokeStyle = style.hollow ? service.colour : 'rgba(20,24,30,.85)';
    g.stroke();
    const own = style.letter !== undefined, letter = own ? style.letter : service.short;
    if (letter && r >= (own ? 6 : 8) && (own || service.symbol === 'circle' || service.symbol === 'square' || service.symbol === 'hexagon')) {
      g.fillStyle = style.hollow ? service.colour : '#fff';
      g.font = '600 ' + (1.1 * r).toFixed(1) + 'px sans-serif';
      g.textAlign = 'center';
      g.textBaseline = 'middle';
      g.fillText(letter, 0, 0.06 * r);
    }
    if (style.crossed) cross(g, r);
    g.restore();
  }

  function cross(g, r) {
    g.beginPath();
    g.moveTo(-1.3 * r, -1.3 * r);
    g.lineTo(1.3 * r, 1.3 * r);
    g.moveTo(1.3 * r, -1.3 * r);
    g.lineTo(-1.3 * r, 1.3 * r);
    g.lineWidth = 4.5;
    g.strokeStyle = '#fff';
    g.stroke();
    g.lineWidth = 2.2;
    g.strokeStyle = '#b3261e';
    g.stroke();
  }

  /** A small canvas with the symbol of a service, for lists and the legend. */
  function symbolIcon(service, size, look) {
    const canvas = document.createElement('canvas'), scale = window.devicePixelRatio || 1;
    canvas.width = canvas.height = Math.ceil(size * scale);
    canvas.className = 'icon';
    canvas.style.width = canvas.style.height = size + 'px';
    canvas.setAttribute('aria-hidden', 'true');
    const g = canvas.getContext('2d');
    g.scale(scale, scale);
    symbol(g, service, size / 2, size / 2, size * 0.36, Object.assign({ letter: '' }, look));
    return canvas;
  }

  JJ.symbol = symbol;
  JJ.symbolIcon = symbolIcon;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
