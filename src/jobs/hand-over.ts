import type { IncomingMessage } from 'node:http'
import { relative, sep } from 'node:path'

/** Where the proxy that has sent this request finds the file, for `X-Accel-Redirect`; undefined where it is not to be asked. */
export type HandOver = (request: IncomingMessage, path: string) => string | undefined

/** `prefix` is the proxy's location for `directory`, with a slash at its end. */
export function handOverTo(
  prefix: string, { directory, isForwarded }: { directory: string; isForwarded: (request: IncomingMessage) => boolean },
): HandOver {
  return (request, path) => {
    if (!isForwarded(request)) return undefined
    const parts = relative(directory, path).split(sep)
    return parts[0] === '..' ? undefined : prefix + parts.map(encodeURIComponent).join('/')
  }
}
