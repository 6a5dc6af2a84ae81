import { existsSync, readFileSync } from 'node:fs'

const PAGE_BYTES = 65_536
const ALIGNMENT = 16

export function hasSimd(): boolean {
  // A function that makes a vector and drops it.
  return WebAssembly.validate(Uint8Array.from(Buffer.from('0061736d01000000010401600000030201000a090107004100fd0f1a0b', 'hex')))
}

/** An instance of what the build has made of a folder of AssemblyScript, and arrays in its memory. */
export class WasmKernels<Exports> {
  readonly call: Exports
  readonly #memory: WebAssembly.Memory
  #free: number

  /** `folder` as it stands below this one; `bytes` are enough for all arrays that will be asked for. */
  constructor(folder: string, bytes: number) {
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) + 2 })
    const { exports } = new WebAssembly.Instance(compiled(folder), { env: { memory: this.#memory } })
    this.call = exports as Exports
    this.#free = (exports as unknown as { heapStart(): number }).heapStart()
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.#allocate(length), length)
  }

  words(length: number): Int16Array {
    return new Int16Array(this.#memory.buffer, this.#allocate(length * 2), length)
  }

  integers(length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, this.#allocate(length * 4), length)
  }

  counts(length: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, this.#allocate(length * 4), length)
  }

  singles(length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, this.#allocate(length * 4), length)
  }

  floats(length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, this.#allocate(length * 8), length)
  }

  #allocate(bytes: number): number {
    const address = Math.ceil(this.#free / ALIGNMENT) * ALIGNMENT
    this.#free = address + bytes
    return address
  }
}

const modules = new Map<string, WebAssembly.Module>()

function compiled(folder: string): WebAssembly.Module {
  const module = modules.get(folder) ?? new WebAssembly.Module(readFileSync(builtFile(folder)))
  modules.set(folder, module)
  return module
}

function builtFile(folder: string): URL {
  // Run from source, as the tests do, the kernels are still the built ones.
  const built = [`./${folder}.wasm`, `../../../dist/tools/sanjuuni/${folder}.wasm`].map((path) => new URL(path, import.meta.url))
  return built.find((file) => existsSync(file)) ?? built[0]!
}
