import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'

export const isNginxInstalled = spawnSync('nginx', ['-v']).status === 0

export interface Nginx {
  readonly port: number
  stop(): Promise<void>
}

/** nginx on a free port of 127.0.0.1, with `server` in its server block. What it writes is below `directory`. */
export async function startNginx(directory: string, server: string): Promise<Nginx> {
  await mkdir(directory, { recursive: true })
  const port = await freePort()
  const config = join(directory, 'nginx.conf')
  await writeFile(config, configuration(directory, { port, server }))
  const child = spawn('nginx', ['-p', directory, '-e', join(directory, 'error.log'), '-c', config], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  while (!(await isReachable(port))) if (child.exitCode !== null) throw new Error('nginx did not start')
  return {
    port,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

function configuration(directory: string, { port, server }: { port: number; server: string }): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`)
  return `
    daemon off;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    worker_processes 1;
    pid ${directory}/nginx.pid;
    events { worker_connections 256; }
    http {
      access_log off;
      ${temporary.join('\n')}
      server {
        listen 127.0.0.1:${port};
        ${server}
      }
    }`
}

/** nginx takes no port 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function isReachable(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)))
  socket.destroy()
  return isOpen || new Promise((resolve) => setTimeout(() => resolve(false), 20))
}
