import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeLineCommand } from './line-command.mjs'
import { startNginx, whyNoNginx } from './nginx.mjs'
import { endProcess, LOAD_CORE, nextMessage, startProcess } from './processes.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const PUBLISHER = fileURLToPath(new URL('nchan-publisher.mjs', import.meta.url))
const MODULES = ['/usr/lib/nginx/modules/ngx_nchan_module.so', '/usr/lib64/nginx/modules/ngx_nchan_module.so']

/** Why nginx with nchan cannot be measured here; undefined where it can. */
export function whyNoNchan() {
  return whyNoNginx() ?? (MODULES.some(existsSync) ? undefined : 'the nchan module of nginx is not installed (Debian: libnginx-mod-nchan)')
}

/** nginx with its own configuration; the lines come from a process beside it. */
export async function startNchan({ transport, seconds, ...lines }) {
  const directory = await temporaryDirectory()
  const command = await makeLineCommand(directory, lines)
  const nginx = await startNginx(directory, configuration())
  const publisher = startProcess([process.execPath, PUBLISHER], { core: LOAD_CORE, ipc: 'channel' })
  await nextMessage(publisher)
  return {
    pid: nginx.pid,
    target: { port: nginx.port, path: '/follow', transport, greeting: '\r\n\r\n' },
    begin: () => publisher.send({ port: nginx.port, command, seconds, output: join(directory, 'output') }),
    async stop() {
      await endProcess(publisher)
      await nginx.stop()
    },
  }
}

function configuration() {
  return {
    main: `load_module ${MODULES.find(existsSync)};`,
    http: 'nchan_shared_memory_size 256m;',
    server: `
        location = /publish { nchan_publisher; nchan_channel_id lines; nchan_message_buffer_length 2000; nchan_message_timeout 5m; }
        location = /follow { nchan_subscriber websocket eventsource; nchan_channel_id lines; }`,
  }
}
