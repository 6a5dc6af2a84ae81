// Run in a network of its own: starts a hub there, follows all its jobs by so many connections of each kind, takes the
// network away, and prints after how many seconds the hub has let go of each kind.
// unshare --net node lost-link.mjs SERVER DATA_DIRECTORY COUNT
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EACH_MS = 500
const GIVE_UP_MS = 150_000
const [server, dataDirectory, count] = process.argv.slice(2)
const KINDS = {
  sse: 'Accept: text/event-stream\r\n',
  websocket: 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
}

execFileSync('ip', ['link', 'set', 'lo', 'up'])
const hub = spawn(process.execPath, [server, '--port', '0', '--data-dir', dataDirectory], { stdio: ['ignore', 'pipe', 'ignore'] })
process.once('exit', () => hub.kill('SIGKILL'))
const [said] = await once(createInterface({ input: hub.stdout }), 'line')
const port = Number(/:(\d+)$/.exec(said)[1])
const ports = Object.fromEntries(await Promise.all(Object.entries(KINDS).map(async ([kind, head]) => [kind, await Promise.all(
  Array.from({ length: Number(count) }, () => follow(head)),
)])))
execFileSync('ip', ['link', 'set', 'lo', 'down'])

const lostAt = performance.now()
const releasedAfter = {}
while (Object.keys(releasedAfter).length < Object.keys(KINDS).length && performance.now() - lostAt < GIVE_UP_MS) {
  await pause(LOOK_EACH_MS)
  const held = heldByHub()
  for (const kind of Object.keys(KINDS)) {
    if (!ports[kind].some((peer) => held.has(peer))) releasedAfter[kind] ??= Math.round((performance.now() - lostAt) / 1000)
  }
}
console.log(JSON.stringify(releasedAfter))
process.exit()

/** Resolves to the port of this side, once the hub has begun to answer. */
async function follow(head) {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  socket.write(`GET /api/jobs/events HTTP/1.1\r\nHost: 127.0.0.1\r\n${head}\r\n`)
  await once(socket, 'data')
  return socket.localPort
}

/** The ports of the other side of what the hub has not closed: what it has closed the kernel keeps trying to end. */
function heldByHub() {
  const established = readFileSync('/proc/self/net/tcp', 'latin1').matchAll(/: \S+:(\S{4}) \S+:(\S{4}) 01 /g)
  return new Set([...established].filter(([, local]) => Number.parseInt(local, 16) === port).map(([, , remote]) => Number.parseInt(remote, 16)))
}
