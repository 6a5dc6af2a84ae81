import type { Server, Socket } from 'node:net'
import type { Registry } from './registry.ts'

/** What went over the connections of a server: asked of the sockets when somebody wants to know, and when they close. */
export class SocketBytes {
  readonly #open = new Set<Socket>()
  #closed = { sent: 0, received: 0 }
  #told = { sent: 0, received: 0 }

  constructor(registry: Registry) {
    registry.add({
      name: 'reeltime_connections', type: 'gauge', help: 'Open connections: of requests, readers and WebSockets',
      read: () => [{ value: this.#open.size }],
    })
    registry.add({
      name: 'reeltime_sent_bytes_total', type: 'counter', help: 'Bytes written to connections', read: () => [{ value: this.#total('sent') }],
    })
    registry.add({
      name: 'reeltime_received_bytes_total', type: 'counter', help: 'Bytes read from connections', read: () => [{ value: this.#total('received') }],
    })
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket)
      socket.once('close', () => {
        this.#open.delete(socket)
        this.#closed = { sent: this.#closed.sent + socket.bytesWritten, received: this.#closed.received + socket.bytesRead }
      })
    })
  }

  /** Never less than before: what a socket still had to send when it broke off counted until then. */
  #total(direction: 'sent' | 'received'): number {
    let total = this.#closed[direction]
    for (const socket of this.#open) total += direction === 'sent' ? socket.bytesWritten : socket.bytesRead
    return (this.#told[direction] = Math.max(this.#told[direction], total))
  }
}
