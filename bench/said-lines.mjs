import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Runs the line command as a rival would run ffmpeg, and calls back with each message a rival sends its readers. */
export function eachSaidLine({ command, seconds, output }, onMessage) {
  const child = spawn(command, ['-i', 'input', '-t', String(seconds), output], { stdio: ['ignore', 'ignore', 'pipe'] })
  createInterface({ input: child.stderr }).on('line', (line) => onMessage({ type: 'log', text: line.replace(/^\[info\] /, '') }))
}
