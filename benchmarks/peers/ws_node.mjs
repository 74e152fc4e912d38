// npm "ws": its example of a broadcast.
import { WebSocketServer } from "ws";
import { feed } from "./feed.mjs";

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  backlog: 4096,
  perMessageDeflate: false,
});
server.on("connection", (client) => client.on("error", () => {}));
feed(
  process.argv,
  () => server.clients.size > 0,
  (json) => {
    for (const client of server.clients) if (client.readyState === 1) client.send(json);
  },
);
