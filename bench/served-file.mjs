import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'

/** A server on a free port whose every address is this file; `address` is its host and port. */
export async function serveFile(file) {
  const server = createServer((_, response) => createReadStream(file).pipe(response))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${server.address().port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
