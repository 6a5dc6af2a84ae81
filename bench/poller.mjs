// The load generator of `polls`, in a process of its own: a few connections that are kept, each with one request under
// way, for one of the jobs in turn.
import { connect } from 'node:net'

process.on('message', async (request) => {
  try {
    process.send(await poll(request))
  } catch (error) {
    process.send({ error: error.stack })
  }
})
process.on('disconnect', () => process.exit())
process.send({})

async function poll({ port, prefix, ids, connections, milliseconds }) {
  const startedAt = performance.now()
  const state = { count: 0, next: 0, until: startedAt + milliseconds }
  // Not one after the other in the order in which they were stored.
  const step = stepThrough(ids.length)
  const nextId = () => ids[(state.next = (state.next + step) % ids.length)]
  await Promise.all(Array.from({ length: connections }, () => pollOn({ port, prefix, nextId, state })))
  return { count: state.count, seconds: (performance.now() - startedAt) / 1000 }
}

function pollOn({ port, prefix, nextId, state }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    let received = ''
    let id
    const ask = () => {
      id = nextId()
      socket.write(`GET ${prefix}${id} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    }
    socket.on('connect', ask)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the hub closed a connection that was to be kept')))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const length = answerLength(received)
      if (length === undefined || received.length < length) return
      if (!received.startsWith('HTTP/1.1 200 ') || !received.includes(id)) return reject(new Error(received.slice(0, 300)))
      received = ''
      state.count++
      if (performance.now() < state.until) return ask()
      socket.removeAllListeners('close')
      socket.destroy()
      resolve()
    })
  })
}

function answerLength(text) {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  if (length === undefined) throw new Error(`an answer without a length: ${text.slice(0, headEnd)}`)
  return headEnd + 4 + Number(length)
}

/** Visits all and repeats none before that: the step and the count have no common factor. */
function stepThrough(count) {
  let step = Math.floor(count * 0.618) || 1
  while (greatestCommonDivisor(step, count) !== 1) step++
  return step
}

function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
