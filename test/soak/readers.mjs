import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { Samples } from '../../bench/samples.mjs'

const FEED_SHARE = 0.7
const WEBSOCKET_SHARE = 0.5
const STALLED_FOR_MS = 45_000
const CONNECTING_FOR_MS = 5000

/** Followers that come, read, and go; and some that stop reading and stay. */
export class Readers {
  connected = 0
  finished = 0
  gaps = 0
  faults = []
  latencies = new Samples()
  #hub
  #random
  #signal
  #jobs

  constructor({ hub, random, signal, jobs }) {
    this.#hub = hub
    this.#random = random
    this.#signal = signal
    this.#jobs = jobs
  }

  /** Resolves when all have gone, after the signal. */
  async run({ followers, stalled }) {
    await Promise.all([
      ...Array.from({ length: followers }, () => this.#comeAndGo()),
      ...Array.from({ length: stalled }, () => this.#stall()),
    ])
  }

  async #comeAndGo() {
    await this.#wait(this.#random.between(0, CONNECTING_FOR_MS))
    while (!this.#signal.aborted) {
      const recent = this.#random.isBelow(FEED_SHARE) ? undefined : this.#random.oneOf(this.#jobs.recent)
      const stayMs = recent ? 20_000 : this.#random.between(2000, 30_000)
      const path = recent ? `/api/jobs/${recent}/events?after=start` : '/api/jobs/events?after=now'
      const follow = this.#random.isBelow(WEBSOCKET_SHARE) ? this.#followByWebSocket : this.#followBySse
      await follow.call(this, path, stayMs)
      await this.#wait(this.#random.between(100, 1500))
    }
  }

  #followByWebSocket(path, stayMs) {
    return new Promise((resolve) => {
      const socket = new WebSocket(this.#hub.url.replace('http', 'ws') + path)
      const leave = () => socket.terminate()
      const timer = setTimeout(leave, stayMs)
      this.#signal.addEventListener('abort', leave)
      let lines = 0
      socket.on('open', () => this.connected++)
      socket.on('message', (message) => {
        const { type, at, data } = JSON.parse(message)
        if (at !== undefined && path.includes('=now')) this.latencies.push(Date.now() - at)
        if (type !== 'new_logs') return
        if (data.first !== lines + 1) this.gaps++
        lines = data.last
      })
      socket.on('error', (error) => {
        if (!this.#signal.aborted && !/before the connection/.test(error.message)) this.faults.push(`a WebSocket: ${error.message}`)
      })
      socket.on('close', (code) => {
        clearTimeout(timer)
        this.#signal.removeEventListener('abort', leave)
        if (code === 1000) this.finished++
        else if (code !== 1006) this.faults.push(`a WebSocket was closed with ${code}`)
        resolve()
      })
    })
  }

  async #followBySse(path, stayMs) {
    const leave = new AbortController()
    const go = () => leave.abort()
    const timer = setTimeout(go, stayMs)
    this.#signal.addEventListener('abort', go)
    try {
      const response = await fetch(this.#hub.url + path, { headers: { accept: 'text/event-stream' }, signal: leave.signal })
      if (!response.ok) throw new Error(`answered with ${response.status}`)
      this.connected++
      for await (const _ of response.body) if (leave.signal.aborted) break
      this.finished++
    } catch (error) {
      if (!leave.signal.aborted) this.faults.push(`SSE: ${error.cause?.message ?? error.message}`)
    } finally {
      clearTimeout(timer)
      this.#signal.removeEventListener('abort', go)
    }
  }

  /** Asks for all that the loud job says, and takes none of it. */
  async #stall() {
    while (!this.#signal.aborted) {
      const { loud } = this.#jobs
      const socket = connect(new URL(this.#hub.url).port, '127.0.0.1')
      socket.on('error', () => undefined)
      if (loud) socket.write(`GET /api/jobs/${loud}/events?after=start HTTP/1.1\r\nHost: hub\r\nAccept: text/event-stream\r\n\r\n`)
      await this.#wait(loud ? STALLED_FOR_MS : 200)
      socket.resetAndDestroy()
    }
  }

  async #wait(milliseconds) {
    await pause(milliseconds, undefined, { signal: this.#signal }).catch(() => undefined)
  }
}
