import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SocketlessHub {
  readonly url: string
  stop(): Promise<void>
}

/** In front of a hub: HTTP goes through, but for what `answer` takes on itself, and every Upgrade is refused. */
export async function withoutSockets(
  hub: string, answer: (incoming: IncomingMessage, outgoing: ServerResponse) => boolean = () => false,
): Promise<SocketlessHub> {
  const server = createServer((incoming, outgoing) => {
    if (answer(incoming, outgoing)) return
    const onward = request(hub + incoming.url, { method: incoming.method, headers: incoming.headers, agent: false })
    onward.on('response', (response) => response.pipe(outgoing.writeHead(response.statusCode ?? 502, response.headers)))
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
