// The rival most people would write: one `ws` server, and for each line a `send` to each client. The JSON is made once.
import { WebSocketServer } from 'ws'
import { eachSaidLine } from './said-lines.mjs'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('listening', () => process.send({ port: server.address().port }))
process.on('message', (source) => eachSaidLine(source, (message) => {
  const json = JSON.stringify(message)
  for (const client of server.clients) client.send(json)
}))
process.on('disconnect', () => process.exit())
