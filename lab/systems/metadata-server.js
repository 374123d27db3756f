"use strict";

/**
 * A metadata service as EC2's version 2: a token for whoever asks for one, and to who has it the texts of a JSON file,
 * by path below /latest/meta-data/. The file is read anew for every question. node metadata-server.js ADDRESS FILE
 */

const fs = require("node:fs");
const http = require("node:http");

const [address, file] = process.argv.slice(2);
const PREFIX = "/latest/meta-data/";
const TOKEN = "token";

http
  .createServer((request, response) => {
    const answer = (status, text) => response.writeHead(status, { "Content-Type": "text/plain" }).end(text);
    const { method, url, headers } = request;
    if (method === "PUT" && url === "/latest/api/token") return answer(200, TOKEN);
    if (headers["x-aws-ec2-metadata-token"] !== TOKEN) return answer(401, "");
    const texts = JSON.parse(fs.readFileSync(file, "utf8"));
    const key = url.startsWith(PREFIX) ? url.slice(PREFIX.length) : "";
    return Object.hasOwn(texts, key) ? answer(200, texts[key]) : answer(404, "");
  })
  .listen(80, address, () => process.stdout.write("ready\n"));
