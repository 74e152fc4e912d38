// PORT RATE BURST SIZE, as servers/feed.hpp has it.
export function feed(argv, isWatched, publish) {
  const [rate, burst, size] = argv.slice(3).map(Number);
  if (!(rate > 0)) return;
  let seq = 0;
  let began = 0;
  let published = 0;
  const now = () => Number(process.hrtime.bigint());
  setInterval(() => {
    if (!began || !isWatched()) {
      began = now();
      published = 0;
      return;
    }
    const due = Math.floor(((now() - began) * 1e-9 * rate) / burst) * burst;
    const missing = Math.min(1000, due - published);
    published = due;
    for (let i = 0; i < missing; i++) {
      const stamp = process.hrtime.bigint();
      const head = `{"seq":${++seq},"ts":${stamp},"job":"build-42","pad":"`;
      const pad = "x".repeat(Math.max(0, size - 2 - head.length));
      publish(head + pad + '"}', { seq, ts: Number(stamp), job: "build-42", pad });
    }
  }, Math.max(1, Math.floor((1000 * burst) / rate)));
}
