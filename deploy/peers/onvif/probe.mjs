// Finds ONVIF devices by WS-Discovery, asks one who it is and what it sees, and writes that as JSON: node probe.mjs USER PASSWORD
import { createRequire } from "node:module";
import { promisify } from "node:util";

const { Discovery, Cam } = createRequire(import.meta.url)("onvif");
const [user, password] = process.argv.slice(2);

const found = await promisify(Discovery.probe.bind(Discovery))({ timeout: 2000, resolve: false });
const match = found[0]?.probeMatches.probeMatch;
const out = { found: found.length, address: match?.XAddrs, scopes: match?.scopes };
if (match) {
  const at = new URL(match.XAddrs);
  const cam = await new Promise((resolve, reject) => {
    const c = new Cam({ hostname: at.hostname, port: at.port, path: at.pathname, username: user, password, timeout: 5000 }, (err) => (err ? reject(err) : resolve(c)));
  });
  const ask = (name, options) => promisify(cam[name].bind(cam))(...(options ? [options] : []));
  const who = await ask("getDeviceInformation");
  out.model = who.model;
  out.firmware = who.firmwareVersion;
  out.stream = (await ask("getStreamUri", { protocol: "RTSP" })).uri;
  out.snapshot = (await ask("getSnapshotUri")).uri;
}
console.log(JSON.stringify(out));
process.exit(0);
