/*
 * Long work aside, so that the page never waits: in a Worker made of the page's own scripts, or, where the browser
 * allows none, between the frames of the page itself.
 */
(function (JJ) {
  'use strict';

  const FRAME_MS = 8;

  class Aside {
    constructor(engine) {
      this.engine = engine;
      this.jobs = new Map();
      this.count = 0;
    }

    /** Run an errand; `told(progress)` and `ended(error)` are called as it goes. Returns how to stop it. */
    run(errand, ask, told, ended) {
      const job = ++this.count, worker = this.worker(), jobs = this.jobs;
      if (!worker) {
        return JJ.inSlices(JJ.errands[errand](this.engine, ask), FRAME_MS, requestAnimationFrame.bind(window), told, ended);
      }
      jobs.set(job, { told: told, ended: ended });
      worker.postMessage({ job: job, errand: errand, ask: ask });
      return function () {
        if (jobs.delete(job)) worker.postMessage({ stop: job });
      };
    }

    worker() {
      if (this.made === undefined) this.made = this.make();
      return this.made;
    }

    make() {
      const scripts = Array.from(document.querySelectorAll('script[data-worker]'), function (one) { return one.textContent; });
      try {
        const url = URL.createObjectURL(new Blob([scripts.join('\n'), '\nJJ.labour(self);'], { type: 'text/javascript' }));
        const worker = new Worker(url), self = this;
        worker.onmessage = function (event) { self.hear(event.data); };
        worker.onerror = function (event) { event.preventDefault(); self.fail(event.message); };
        worker.postMessage({ world: this.cargo() });
        return worker;
      } catch (error) {
        return null;
      }
    }

    /** What the Worker needs of the world: everything that is computed with, nothing that is only drawn. */
    cargo() {
      return Object.assign({}, this.engine.world, { outlines: null, python: null });
    }

    hear(said) {
      const job = this.jobs.get(said.job);
      if (!job) return;
      if (said.progress) job.told(said.progress);
      if (!said.ended) return;
      this.jobs.delete(said.job);
      job.ended(said.error ? new Error(said.error) : null);
    }

    /** A Worker that dies takes its errands along; the next ones run in the page. */
    fail(message) {
      const jobs = Array.from(this.jobs.values());
      this.made = null;
      this.jobs.clear();
      jobs.forEach(function (job) { job.ended(new Error(message || '后台计算未能启动')); });
    }
  }

  JJ.Aside = Aside;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
