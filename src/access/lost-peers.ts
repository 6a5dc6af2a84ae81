import { readFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import type { Server, Socket } from 'node:net'
import ipaddr from 'ipaddr.js'

const LOOK_EACH_MS = 10_000
/** As many as tell of a dead connection by RFC 1122, 4.2.3.5: about 50 s in a local network, a few minutes at worst. */
const MOST_UNANSWERED = 8
/** Of Linux: the connections of this network namespace, one a line; proc_pid_net(5). */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6']
/** Of those that have something under way. */
const CONNECTION = /^ *\d+: \S+:(?<localPort>\S{4}) (?<address>\S+):(?<port>\S{4}) \S\S (?!0{8}:)\S+ \S+ (?<retransmits>\S{8}) +\d+ +(?<probes>\d+) /gm

/**
 * Ends connections to machines that are gone: a laptop that sleeps, a phone out of reach. Nothing tells that there is
 * nobody any more; what is sent stays in the kernel, which tries on for a quarter of an hour. It counts its tries,
 * though, and Node has no other way to them (TCP_USER_TIMEOUT would do). Where there is no such table the kernel's own
 * patience is what ends them. A program that hangs on a machine that is well is not found out by this.
 */
export function endLostPeers(server: Server): void {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const timer = setInterval(() => {
    if (sockets.size > 0) void endLost(sockets)
  }, LOOK_EACH_MS).unref()
  server.once('close', () => clearInterval(timer))
}

async function endLost(sockets: ReadonlySet<Socket>): Promise<void> {
  const tables = await Promise.all(TABLES.map((file) => readFile(file, 'latin1').catch(() => '')))
  const lost = new Set(tables.flatMap(lostIn))
  if (lost.size === 0) return
  for (const socket of sockets) if (lost.has(nameOf(socket))) socket.destroy()
}

function lostIn(table: string): string[] {
  return [...table.matchAll(CONNECTION)].flatMap(({ groups }) => {
    const { localPort, address, port, retransmits, probes } = groups as Record<string, string>
    const isLost = Number.parseInt(retransmits!, 16) >= MOST_UNANSWERED || Number(probes) >= MOST_UNANSWERED
    return isLost ? [`${Number.parseInt(localPort!, 16)} ${address} ${Number.parseInt(port!, 16)}`] : []
  })
}

/** As the table names it: addresses in hexadecimal words of 32 bits, each in the byte order of the machine. */
function nameOf({ localPort, remoteAddress, remotePort }: Socket): string {
  if (remoteAddress === undefined) return ''
  const bytes = Buffer.from(ipaddr.parse(remoteAddress).toByteArray())
  const words = endianness() === 'LE' ? bytes.swap32() : bytes
  return `${localPort} ${words.toString('hex').toUpperCase()} ${remotePort}`
}
