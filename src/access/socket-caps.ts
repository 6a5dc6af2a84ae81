import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { addressGroup } from './addresses.ts'

const REFUSAL = 'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
const LINGER_MS = 1000

/** Refuses a connection from an address that has as many as it may. */
export function capSockets(server: Server, { perAddress, isCounted }: { perAddress: number; isCounted: (address: string) => boolean }): void {
  const counts = new Map<string, number>()
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined || !isCounted(remoteAddress)) return
    const group = addressGroup(remoteAddress)
    const count = (counts.get(group) ?? 0) + 1
    counts.set(group, count)
    socket.once('close', () => {
      const left = (counts.get(group) ?? 0) - 1
      if (left > 0) counts.set(group, left)
      else counts.delete(group)
    })
    if (count <= perAddress) return
    socket.end(REFUSAL)
    setTimeout(() => socket.destroy(), LINGER_MS).unref()
  })
}
