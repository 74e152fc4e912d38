// npm "better-sse": a session for each client, a channel for all, on node:http.
import http from "node:http";
import { createChannel, createSession } from "better-sse";
import { feed } from "./feed.mjs";

const channel = createChannel();
const server = http.createServer(async (request, response) => {
  channel.register(await createSession(request, response));
});
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
feed(
  process.argv,
  () => channel.sessionCount > 0,
  (_json, event) => channel.broadcast(event, "message", { eventId: String(event.seq) }),
);
