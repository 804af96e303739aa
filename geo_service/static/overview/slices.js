/* Long work in slices of a few milliseconds, so that the map goes on moving on a slow machine. */
const SLICE_MS = 9;
const waiting = [];
let running = false;

function run() {
  const until = performance.now() + SLICE_MS;
  while (waiting.length && performance.now() < until) {
    const job = waiting[0];
    try {
      if (!job.signal.aborted && !job.steps.next().done) continue;
      waiting.shift();
      job.done();
    } catch (error) {
      waiting.shift();
      job.failed(error);
    }
  }
  running = waiting.length > 0;
  if (running) requestAnimationFrame(run);
}

/* Works through a generator; the promise ends with it, or when the signal calls it off. */
export function inSlices(steps, signal) {
  return new Promise((done, failed) => {
    waiting.push({ steps, signal, done, failed });
    if (running) return;
    running = true;
    requestAnimationFrame(run);
  });
}
