import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface MediaServer {
  /** Without a slash at the end. */
  readonly url: string
  /** With its port. */
  readonly host: string
  close(): void
}

/** A server that has a short film with sound, whatever it is asked for but /missing. */
export async function serveMedia(directory: string): Promise<MediaServer> {
  const film = join(directory, 'clip.mp4')
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=10:d=2', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=2', '-pix_fmt', 'yuv420p', '-shortest', film])
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/missing') outgoing.writeHead(404).end()
    else createReadStream(film).pipe(outgoing)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${host}`, host,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
