// A process that fetches and throws away, as cheaply as Node can: one buffer for all that comes. Over its channel:
//   {command: 'fetch', port, paths, connections, headers?}   each connection asks for every path in turn; answers bytes, seconds
//   {command: 'stall', port, path}                           asks, and takes nothing of the answer but what the kernel holds
import { connect } from 'node:net'

const buffer = Buffer.allocUnsafe(1 << 20)
const stalled = []

const commands = {
  async fetch({ port, paths, connections }) {
    const startedAt = performance.now()
    const bytes = await Promise.all(Array.from({ length: connections }, () => fetchAll(port, paths)))
    return { bytes: bytes.reduce((sum, one) => sum + one, 0), seconds: (performance.now() - startedAt) / 1000 }
  },

  stall({ port, path }) {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(request(path), () => resolve({})))
      socket.once('error', reject)
      socket.pause()
      stalled.push(socket)
    })
  },
}

process.on('message', async ({ command, ...options }) => {
  try {
    process.send(await commands[command](options))
  } catch (error) {
    process.send({ error: `${command}: ${error.stack}` })
  }
})
process.on('disconnect', () => process.exit())
process.send({ isReady: true })

/** One connection, one request behind the other; the bytes of all bodies. */
function fetchAll(port, paths) {
  return new Promise((resolve, reject) => {
    let [asked, total, left] = [0, 0, 0]
    let head = ''
    const next = () => {
      if (asked === paths.length) {
        socket.destroy()
        resolve(total)
      } else socket.write(request(paths[asked++]))
    }
    const take = (length) => {
      let at = 0
      if (left === 0) {
        head += buffer.latin1Slice(0, length)
        const end = head.indexOf('\r\n\r\n')
        if (end === -1) return
        const size = /^HTTP\/1\.1 200 [\s\S]*?\r\ncontent-length: (\d+)/i.exec(head)?.[1]
        if (size === undefined) return reject(new Error(`answered ${head.slice(0, 200)}`))
        left = Number(size)
        total += left
        at = length - (head.length - (end + 4))
        head = ''
      }
      left -= length - at
      if (left === 0) next()
    }
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback: (length) => take(length) !== false } }, next)
    socket.once('error', reject)
    socket.once('end', () => reject(new Error('the server hung up')))
  })
}

function request(path) {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
}
