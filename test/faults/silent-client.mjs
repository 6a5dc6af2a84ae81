// Opens connections of every kind to a hub, reads the beginning of each answer, says "ready" and then does nothing.
// node silent-client.mjs PORT JOB ARTIFACT COUNT_OF_EACH_READER COUNT_OF_EACH_TRANSFER
import { connect } from 'node:net'

const [port, job, artifact, readers, transfers] = process.argv.slice(2)
const key = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const requests = [
  ...Array(Number(readers)).fill(`GET /api/jobs/${job}/events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n`),
  ...Array(Number(readers)).fill(`GET /api/jobs/${job}/events HTTP/1.1\r\nHost: h\r\n${key}\r\n`),
  ...Array(Number(transfers)).fill(`GET ${artifact} HTTP/1.1\r\nHost: h\r\n\r\n`),
]
await Promise.all(requests.map((request) => new Promise((answered) => {
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(request)
  socket.once('readable', answered)
})))
await Promise.all(Array.from({ length: Number(transfers) }, () => new Promise((sent) => {
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(`PUT /api/uploads/a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`, sent)
})))
process.stdout.write('ready\n')
