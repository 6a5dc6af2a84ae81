import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Call, type Lua, readCalls, send } from './calls.ts'
import { EventQueue } from './event-queue.ts'
import { Network } from './network.ts'
import { type Picture, readPicture } from './picture.ts'
import { type Png, readPng } from './read-png.ts'
import { Speaker } from './speaker.ts'

const DIRECTORY = fileURLToPath(new URL('.', import.meta.url))

export interface ComputerOptions {
  /** Width and height of the GPU's picture in pixels; none where missing. */
  readonly gpu?: readonly [number, number] | undefined
  readonly speakers?: readonly string[]
  readonly monitors?: readonly Monitor[]
  /** Whether the computer's own terminal has colours; it has where missing. */
  readonly isAdvanced?: boolean
  /** What programs have stored before. */
  readonly settings?: Readonly<Record<string, unknown>>
  readonly socketsAllowed?: boolean
  /** How much faster than the wall's the computer's clock goes. */
  readonly speed?: number
  /** Seconds on the wall after which a program that still runs is stuck. */
  readonly limitSeconds?: number
}

export interface Monitor {
  readonly name: string
  readonly blocks: readonly [number, number]
  readonly isAdvanced?: boolean
}

export interface Ended {
  readonly ok: boolean
  /** The error that the program ended with. */
  readonly problem: string
}

/** A ComputerCraft computer: the program runs in a real Lua VM, over real connections and a clock of its own. */
export class Computer {
  readonly #options: ComputerOptions
  readonly #events = new EventQueue()
  readonly #timers = new Map<number, NodeJS.Timeout>()
  readonly #images = new Map<number, Png>()
  readonly #bootedAt = performance.now()
  #ids = 0
  #gone: Promise<undefined> | undefined
  #drawn: Png | undefined
  #boot: { readonly program: string; readonly words: readonly string[] } | undefined
  readonly network: Network
  readonly speakers: ReadonlyMap<string, Speaker>
  /** Pictures in the order in which they came to the GPU's monitors. */
  readonly shown: Png[] = []
  /** What screens of characters have shown, in order. */
  readonly pictures: Picture[] = []
  settings: Readonly<Record<string, unknown>>
  readonly rows: string[] = []
  /** Every row that was ever written. */
  readonly written: { readonly row: number; readonly text: string }[] = []
  readonly printed: string[] = []
  mostImages = 0
  mostHeapKilobytes = 0
  onShown: (count: number) => unknown = () => undefined
  onPicture: (picture: Picture) => unknown = () => undefined
  onPrint: (text: string) => unknown = () => undefined

  constructor(options: ComputerOptions) {
    this.#options = options
    this.settings = options.settings ?? {}
    this.network = new Network({ onEvent: (event) => this.#events.push(event), socketsAllowed: options.socketsAllowed ?? true })
    this.speakers = new Map((options.speakers ?? []).map((name) => [
      name, new Speaker({ now: () => this.#now(), onEmpty: () => this.#events.push({ name: 'speaker_audio_empty', device: name }) }),
    ]))
  }

  /** `wget run URL WORDS`, to its end. Rejects with a StuckProgramError where that does not come. */
  async wgetRun(program: string, ...words: readonly string[]): Promise<Ended> {
    this.#boot = { program, words }
    // Not PUC's 5.1, where no pcall can be yielded across; and interpreted, as the game's own VM is.
    const child = spawn('luajit', ['-joff', `${DIRECTORY}computer.lua`, DIRECTORY.slice(0, -1)], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#gone = once(child, 'exit').then(() => undefined)
    let isStuck = false
    const limit = setTimeout(() => {
      isStuck = true
      child.kill('SIGKILL')
    }, (this.#options.limitSeconds ?? 45) * 1000)
    const ticks = setInterval(() => [...this.speakers.values()].forEach((speaker) => speaker.tick()), this.#real(Speaker.tickMs))
    // The VM may be killed while an answer is on its way.
    child.stdin.on('error', () => undefined)
    try {
      for await (const call of readCalls(child.stdout)) {
        if (call.op === 'exit') return { ok: call.ok, problem: call.problem }
        await this.#answer(child, call)
      }
      if (isStuck) throw new StuckProgramError(this)
      return { ok: false, problem: 'the Lua VM itself ended' }
    } finally {
      clearTimeout(limit)
      clearInterval(ticks)
      for (const timer of this.#timers.values()) clearTimeout(timer)
      child.kill()
    }
  }

  /** Ctrl-T. */
  terminate(): void {
    this.#events.push({ name: 'terminate' })
  }

  pressKey(): void {
    this.#events.push({ name: 'key' })
  }

  touch(monitor: string): void {
    this.#events.push({ name: 'monitor_touch', device: monitor })
  }

  /** Blocks are added to a monitor or taken away. */
  build(monitor: string, blocks: readonly [number, number]): void {
    this.#events.push({ name: 'monitor_resize', device: monitor, blocks })
  }

  remove(device: string): void {
    this.#events.push({ name: 'peripheral_detach', device })
  }

  get lostEvents(): number {
    return this.#events.lost
  }

  async #answer(child: Lua, call: Exclude<Call, { op: 'exit' }>): Promise<void> {
    if (call.op === 'next') {
      this.mostHeapKilobytes = Math.max(this.mostHeapKilobytes, call.heapKilobytes)
      const event = await Promise.race([this.#events.next(), this.#gone])
      return event && send(child, event)
    }
    try {
      send(child, this.#act(call) ?? {})
    } catch (error) {
      send(child, { raise: (error as Error).message })
    }
  }

  #act(call: Exclude<Call, { op: 'next' | 'exit' }>): object | void {
    const { gpu, speakers = [], monitors = [], isAdvanced = true } = this.#options
    switch (call.op) {
      case 'boot': return {
        ...this.#boot, gpu, speakers, isAdvanced, settings: this.settings,
        monitors: monitors.map((monitor) => ({ isAdvanced: true, scale: 1, ...monitor })),
      }
      case 'epoch': return { at: Math.floor(this.#now()) }
      case 'timer': return { id: this.#startTimer(call.seconds) }
      case 'cancel': return clearTimeout(this.#timers.get(call.id))
      case 'queue': return this.#events.push({ name: call.name, ...(call.device !== undefined && { device: call.device }) })
      case 'http': return void this.network.request(call)
      case 'open':
        if (!this.network.open(call.url)) throw new Error('Websocket connections are disabled')
        return
      case 'send': return this.network.send(call.id, call.body.toString())
      case 'close': return this.network.close(call.id)
      case 'clear': return void this.rows.splice(0)
      case 'write':
        this.rows[call.row] = call.text
        return void this.written.push({ row: call.row, text: call.text.trimEnd() })
      case 'print':
        this.printed.push(call.text)
        return void this.onPrint(call.text)
      case 'save': return void (this.settings = call.settings)
      case 'picture': return void this.onPicture(this.pictures[this.pictures.push(readPicture(call)) - 1]!)
      case 'play': return { taken: this.#speaker(call.name).play(call.body, call) }
      case 'silence': return this.#speaker(call.name).silence()
      case 'decode': return { id: this.#decode(call.body) }
      case 'free': return void this.#images.delete(call.id)
      case 'draw': return void (this.#drawn = this.#images.get(call.id))
      case 'sync':
        if (this.#drawn) this.shown.push(this.#drawn)
        return void this.onShown(this.shown.length)
    }
  }

  #decode(bytes: Buffer): number {
    this.#images.set(++this.#ids, readPng(bytes))
    this.mostImages = Math.max(this.mostImages, this.#images.size)
    return this.#ids
  }

  #startTimer(seconds: number): number {
    const id = ++this.#ids
    // The game looks at its timers once a tick.
    const ticks = Math.max(1, Math.round(seconds * 20))
    this.#timers.set(id, setTimeout(() => {
      this.#timers.delete(id)
      this.#events.push({ name: 'timer', id })
    }, this.#real(ticks * Speaker.tickMs)))
    return id
  }

  #speaker(name: string): Speaker {
    const speaker = this.speakers.get(name)
    if (!speaker) throw new Error(`There is no speaker ${name}`)
    return speaker
  }

  #now(): number {
    return 1_800_000_000_000 + (performance.now() - this.#bootedAt) * (this.#options.speed ?? 1)
  }

  #real(milliseconds: number): number {
    return milliseconds / (this.#options.speed ?? 1)
  }
}

/** Tells what the computer had on its screen, and what it had asked for. */
export class StuckProgramError extends Error {
  constructor({ rows, network }: Computer) {
    const screen = rows.map((row) => row.trimEnd())
    super(['The program did not end. On the screen:', ...screen, 'asked for, the last 40:', ...network.paths.slice(-40)].join('\n'))
  }
}
