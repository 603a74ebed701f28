// A mail server for tests: takes every mail, and finds the links in it.
import { createServer } from "node:net";

export async function mailbox() {
  const mails = [];
  const server = createServer((socket) => {
    let taken = null;
    let rest = "";
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.write("220 test\r\n");
    socket.on("data", (chunk) => {
      rest += chunk;
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (taken && line === ".") {
          mails.push(taken.join("\n"));
          taken = null;
          socket.write("250 taken\r\n");
        } else if (taken) {
          taken.push(line.replace(/^\./, ""));
        } else if (/^DATA/i.test(line)) {
          taken = [];
          socket.write("354 go on\r\n");
        } else if (/^QUIT/i.test(line)) {
          socket.end("221 bye\r\n");
        } else {
          socket.write("250 well\r\n");
        }
      }
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    flags: ["--smtp", `smtp-plain://127.0.0.1:${server.address().port}`, "--mail-from", "Books <books@example.org>"],
    // The first address in the newest mail, or one to come, that begins so.
    async link(beginning) {
      for (let tries = 0; tries < 300; tries += 1) {
        for (const mail of mails.toReversed()) {
          const plain = mail.replace(/=\n/g, "").replace(/=3D/g, "=");
          const at = plain.indexOf(beginning);
          if (at >= 0) return plain.slice(at).match(/^[^\s"<>]+/)[0];
        }
        await new Promise((next) => setTimeout(next, 100));
      }
      throw new Error(`no mail with ${beginning} in ${mails.length}`);
    },
    stop: () => new Promise((closed) => server.close(closed)),
  };
}
