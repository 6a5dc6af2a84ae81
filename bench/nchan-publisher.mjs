// Hands each line to nginx, one after the other over one connection, as a backend would.
import { Agent, request } from 'node:http'
import { eachSaidLine } from './said-lines.mjs'

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
process.on('message', ({ port, ...source }) => eachSaidLine(source, (message) => {
  const publish = request({ host: '127.0.0.1', port, path: '/publish', method: 'POST', agent }, (response) => response.resume())
  publish.end(JSON.stringify(message))
}))
process.on('disconnect', () => process.exit())
process.send({})
