/* A browser that is too old gets a plain notice instead of an empty page. Written so that even such a browser runs it. */
(function () {
  var wanted = [
    window.Promise, window.Map, window.Path2D, window.TextDecoder, window.Intl, window.PointerEvent, window.URLSearchParams,
    Object.entries, Array.prototype.flat, window.CSS && CSS.supports && CSS.supports('display', 'grid')
  ], i;
  function notice() {
    document.documentElement.className = 'outdated';
  }
  for (i = 0; i < wanted.length; i++) {
    if (!wanted[i]) notice();
  }
  /* what follows may not even parse there */
  window.onerror = function () {
    if (!window.jiujin) notice();
  };
})();
