import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { endProcess, SERVER_CORE, startProcess } from './processes.mjs'
import { firstChild } from './process-usage.mjs'

const START_TRIES = 100

/** Why nginx cannot be measured here; undefined where it can. */
export function whyNoNginx() {
  return spawnSync('nginx', ['-v']).status === 0 ? undefined : 'nginx is not installed'
}

/** nginx with one worker on a free port of 127.0.0.1, `pid` being the worker's. `main` and `http` hold what is its own. */
export async function startNginx(directory, { main = '', http, server }) {
  const port = await freePort()
  const config = join(directory, 'nginx.conf')
  await writeFile(config, configuration(directory, { port, main, http, server }))
  const nginx = startProcess(['nginx', '-p', directory, '-c', config], { core: SERVER_CORE })
  await untilReachable(port, nginx)
  return { port, pid: firstChild(nginx.pid), stop: () => endProcess(nginx) }
}

function configuration(directory, { port, main, http = '', server }) {
  return `
    ${main}
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
      ${http}
      server {
        listen 127.0.0.1:${port} backlog=4096;
        ${server}
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
