/*
 * Inside the Worker: an engine of its own over a copy of the world, and errands run on it a few milliseconds at a time,
 * so that a word to stop is heard in between. No DOM.
 */
(function (JJ) {
  'use strict';

  const SLICE_MS = 30;

  /** Run a generator in slices: `told(progress)` for all that it yields, then `ended(error)`; returns how to stop it. */
  function inSlices(work, slice, pause, told, ended) {
    let stopped = false;
    const step = function () {
      if (stopped) return;
      const until = Date.now() + slice;
      let last = null;
      try {
        for (;;) {
          const next = work.next();
          if (next.done) { if (last) told(last); ended(null); return; }
          const value = next.value;
          if (value.site || value.cells) { told(value); last = null; } else last = value;
          if (Date.now() >= until) break;
        }
      } catch (error) {
        ended(error);
        return;
      }
      if (last) told(last);
      pause(step);
    };
    pause(step);
    return function () { stopped = true; };
  }

  /** Answer the page: {world} once, then {job, errand, ask} and {stop: job}. */
  function labour(scope) {
    const running = new Map();
    let engine = null;
    const pause = function (step) { setTimeout(step, 0); };
    scope.onmessage = function (event) {
      const said = event.data, job = said.job;
      if (said.world) engine = new JJ.Engine({ world: said.world });
      if (said.stop) { if (running.has(said.stop)) running.get(said.stop)(); running.delete(said.stop); }
      if (!said.errand) return;
      let work;
      try {
        work = JJ.errands[said.errand](engine, said.ask);
      } catch (error) {
        scope.postMessage({ job: job, ended: true, error: error.message });
        return;
      }
      running.set(job, inSlices(work, SLICE_MS, pause,
        function (progress) { scope.postMessage({ job: job, progress: progress }); },
        function (error) { running.delete(job); scope.postMessage({ job: job, ended: true, error: error && error.message }); }));
    };
  }

  JJ.inSlices = inSlices;
  JJ.labour = labour;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
