import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeLineCommand } from './line-command.mjs'
import { endProcess, LOAD_CORE, nextMessage, SERVER_CORE, startProcess } from './processes.mjs'
import { firstChild } from './process-usage.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const PUBLISHER = fileURLToPath(new URL('nchan-publisher.mjs', import.meta.url))
const MODULES = ['/usr/lib/nginx/modules/ngx_nchan_module.so', '/usr/lib64/nginx/modules/ngx_nchan_module.so']
const START_TRIES = 100

/** Why nginx with nchan cannot be measured here; undefined where it can. */
export function whyNoNchan() {
  if (spawnSync('nginx', ['-v']).status !== 0) return 'nginx is not installed'
  return MODULES.some(existsSync) ? undefined : 'the nchan module of nginx is not installed (Debian: libnginx-mod-nchan)'
}

/** nginx with one worker and a configuration of its own; the lines come from a process beside it. */
export async function startNchan({ transport, seconds, ...lines }) {
  const directory = await temporaryDirectory()
  const command = await makeLineCommand(directory, lines)
  const port = await freePort()
  const config = join(directory, 'nginx.conf')
  await writeFile(config, configuration(directory, port))
  const nginx = startProcess(['nginx', '-p', directory, '-c', config], { core: SERVER_CORE })
  await untilReachable(port, nginx)
  const publisher = startProcess([process.execPath, PUBLISHER], { core: LOAD_CORE, ipc: 'channel' })
  await nextMessage(publisher)
  return {
    pid: firstChild(nginx.pid),
    target: { port, path: '/follow', transport, greeting: '\r\n\r\n' },
    begin: () => publisher.send({ port, command, seconds, output: join(directory, 'output') }),
    async stop() {
      await endProcess(publisher)
      await endProcess(nginx)
    },
  }
}

function configuration(directory, port) {
  return `
    load_module ${MODULES.find(existsSync)};
    daemon off;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    worker_processes 1;
    worker_rlimit_nofile 65536;
    pid ${directory}/nginx.pid;
    error_log ${directory}/error.log;
    events { worker_connections 32768; }
    http {
      access_log off;
      client_body_temp_path ${directory}/body;
      proxy_temp_path ${directory}/proxy;
      fastcgi_temp_path ${directory}/fastcgi;
      uwsgi_temp_path ${directory}/uwsgi;
      scgi_temp_path ${directory}/scgi;
      nchan_shared_memory_size 256m;
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location = /publish { nchan_publisher; nchan_channel_id lines; nchan_message_buffer_length 2000; nchan_message_timeout 5m; }
        location = /follow { nchan_subscriber websocket eventsource; nchan_channel_id lines; }
      }
    }
`
}

/** nginx takes no port 0. */
async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function untilReachable(port, child) {
  for (let tries = 0; tries < START_TRIES; tries++) {
    if (child.exitCode !== null) break
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)))
    socket.destroy()
    if (isOpen) return
    await pause(50)
  }
  throw new Error('nginx did not start')
}
