import type { z } from 'zod'

/**
 * A tool is data and pure functions: it never spawns, never touches the network, and knows nothing of jobs, HTTP
 * or streams. The worker brings its sources in, asks it for a plan and runs that.
 */
export interface Tool<Input = unknown> {
  /** URL segment, CLI command, metric label. */
  readonly name: string
  readonly title: string
  /** The `.describe()` texts are the documentation. */
  readonly input: z.ZodType<Input>
  /** Refuses what the schema's types cannot; throws a HubError that names the field. */
  check?(input: Input): void
  /** What has to be staged, in the order in which `Workspace.inputs` then lists it. */
  sources(input: Input): readonly string[]
  /** Decides what the input leaves to chance, once, when a job is taken in: a retry makes the same. `random` gives 0 up to `below`. */
  settle?(input: Input, random: (below: number) => number): Input
  /** What the engine must have been built with. A job that needs more is refused before it waits. */
  requires?(input: Input): Requirements
  /** What people mostly want of it, ready to send once a source is put in. */
  readonly presets?: readonly Preset[]
  plan(input: Input, workspace: Workspace): Promise<Plan>
}

/** Input of a tool without its sources. */
export interface Preset {
  /** Unique within the tool; kebab-case. */
  readonly name: string
  readonly title: string
  readonly input: Readonly<Record<string, unknown>>
}

export interface Requirements {
  readonly encoders?: readonly string[]
  readonly filters?: readonly string[]
  readonly muxers?: readonly string[]
  /** Other than the ffmpeg that every hub has. */
  readonly programs?: readonly 'sanjuuni'[]
  /** Of the machine, to write with. */
  readonly fonts?: true
  /** Arguments that are let through only where programs are shut in. */
  readonly sandboxed?: readonly string[]
}

export interface Workspace {
  /** Absolute paths of the staged files, in the order of `Tool.sources`. */
  readonly inputs: readonly string[]
  /** What people call them, in the same order, where somebody has told. */
  readonly names?: readonly string[]
  /** Absolute path; the only place where a command may write. */
  readonly outputDirectory: string
  /** What a plan may ask, of staged files alone. */
  probe(file: string): Promise<MediaInfo>
  /** Seconds of a file's first sound, decoded from end to end: what a header only guesses. */
  soundSeconds(file: string): Promise<number>
  /** All of a file that a person may have written. Throws a HubError where it is larger than that. */
  read(file: string): Promise<Uint8Array>
}

export interface Plan {
  /** In order; the first failure ends the job. */
  readonly commands: readonly Command[]
  readonly artifacts: readonly ArtifactSpec[]
  /** There before the first command runs. */
  readonly files?: readonly PlanFile[]
  /** What becomes `result` of the job besides its artifacts. */
  readonly result?: Readonly<Record<string, unknown>>
}

/** What a command is to read that no source brings, such as subtitles; it may be an artifact too. */
export interface PlanFile {
  /** Name below the output directory, which is where commands run: they need no path to it. */
  readonly file: string
  readonly text: string
}

export interface ArtifactSpec {
  /** Name below the output directory, and the artifact's name. */
  readonly file: string
  readonly contentType: string
  /** Where ffprobe can open such a file, it has to. */
  readonly media?: MediaCheck
  /** Promised to the one who asked: a larger file is a failure. */
  readonly mostBytes?: number
  /** What is in it, where the one who announces it knows that. */
  readonly text?: string
  /** A longer one takes its place before the job ends. */
  readonly grows?: true
}

/** What tells that a file of media is whole. */
export interface MediaCheck {
  /** What ffprobe is to take the file for; left out where it can tell. */
  readonly demuxer?: string
  /** The file tells how long it is, and is meant to be as long as the command says. */
  readonly isTimed: boolean
  readonly declaredSeconds?: DeclaredSeconds
}

/** How long the sources claim to be; left out where they claim nothing. */
export interface DeclaredSeconds {
  readonly video?: number
  readonly audio?: number
}

export interface Command {
  /** `ffmpeg` and `ffprobe` are the engine's, wherever it was found; `sanjuuni` is the one that has been installed; `node` is the running Node. */
  readonly program: 'ffmpeg' | 'ffprobe' | 'sanjuuni' | 'node' | OwnProgram
  /** Never a shell string. */
  readonly args: readonly string[]
  /** Seconds of output that this command will make; weighs it in the total. */
  readonly expectedSeconds?: number
  /** Pictures that it writes to its stdout, one behind the other: they become the job's frames as they come. */
  readonly frames?: FrameOutput
  /** Files that are whole when it has ended; published then, and not only at the end of the job. */
  readonly artifacts?: readonly ArtifactSpec[]
  createParser(): OutputParser
}

/** Programs of the hub that run the engine's ffmpeg themselves: `converter` is the one for ComputerCraft. */
export type OwnProgram = 'converter' | 'watermark' | 'gif'

export type FrameFormatName = 'png' | 'jpeg' | 'webp' | 'raw'

export interface FrameOutput {
  /** `raw` is RGB, three bytes a pixel; `cells` are screens of ComputerCraft, each with its size, u32be, in front. */
  readonly format: FrameFormatName | 'cells'
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  /** null where the source does not tell how long it is. */
  readonly expectedFrames: number | null
  /** What else the job's result says of them from the first frame on. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** `progress` is what the program writes to descriptor 3. */
export interface OutputLine {
  readonly source: 'progress' | 'stdout' | 'stderr'
  readonly text: string
}

/** Lines in, updates out; same lines, same updates. Never throws, whatever the line. */
export interface OutputParser {
  push(line: OutputLine): readonly ToolUpdate[]
  /** What is left to say when the program has ended well; may throw a HubError, which fails the job. */
  end?(): readonly ToolUpdate[]
}

export type ToolUpdate =
  | ({ readonly type: 'progress' } & CommandProgress)
  /** What only the program could find out; becomes part of the job's result. */
  | { readonly type: 'result'; readonly result: Readonly<Record<string, unknown>> }
  | { readonly type: 'log'; readonly level: LogLevel; readonly text: string }
  /** A file that is whole, though the program still runs: it is published at once, after those announced before it. */
  | { readonly type: 'artifact'; readonly artifact: ArtifactSpec }

export interface CommandProgress {
  /** 0 to 1, or null where the total is not known. */
  readonly fraction: number | null
  readonly frame?: number
  /** Frames encoded per second of wall clock. */
  readonly fps?: number
  /** Seconds of output per second of wall clock. */
  readonly speed?: number
  readonly outTimeSeconds?: number
  /** Bytes of output so far. */
  readonly bytes?: number
}

export type LogLevel = 'fatal' | 'error' | 'warning' | 'info' | 'debug'

export interface MediaInfo {
  /** ffprobe's format names, comma-separated as it prints them. */
  readonly format: string
  /** Absent where the container does not tell. */
  readonly durationSeconds?: number
  readonly streams: readonly MediaStream[]
}

export interface MediaStream {
  readonly kind: 'video' | 'audio' | 'subtitle' | 'data' | 'attachment'
  readonly codec: string
  readonly durationSeconds?: number
  readonly width?: number
  readonly height?: number
  readonly framesPerSecond?: number
  /** As ffmpeg calls it. */
  readonly pixelFormat?: string
  readonly sampleRate?: number
  readonly channels?: number
  /** Width of a pixel as it is seen by its height; absent where they are square. */
  readonly pixelAspect?: number
  /** Of the codec, as ffprobe prints it. */
  readonly profile?: string
  /** A cover picture inside a sound file, not moving picture. */
  readonly isAttachedPicture?: boolean
}
