// What the server sends, and the parts of xterm.js that the page uses. Only for the type checker; browsers never load this file.

type ExerciseState = "" | "tried" | "done" | "shown";
type Outcome = "done" | "not yet" | "cannot tell" | "not checked";
type Family = 4 | 6;

interface Zone {
  name: string;
  about: string;
  network: string;
}

interface Exercise {
  number: number;
  name: string;
  id: string;
  title: string;
  points: number;
  task: string;
  why: string | null;
  state: ExerciseState;
  attempts: number;
  reasons: string[];
  hints: string[];
  predictable: boolean;
  after: string[];
}

interface MachineStatus {
  state: string;
  detail: string;
  memory: number;
  disk: number;
  emulated: boolean;
  driver: string;
  image: string;
}

interface Lab {
  number: number;
  title: string;
  seat: string;
  story: string;
  diagram: string;
  zones: Zone[];
  exercises: Exercise[];
  machine: MachineStatus;
  saves: string[];
  can_save: boolean;
  can_copy: boolean;
  /** The class that this seat belongs to. */
  class?: string | null;
}

/** time: seconds since 1970, as all times. */
interface Hand {
  text: string;
  time: number;
}

interface TrainerMessage {
  id: number;
  time: number;
  text: string;
}

/** null: there is no question. */
type Permission = "asked" | "allowed" | "denied" | null;

interface DemoCommand {
  id: number;
  time: number;
  text: string;
}

/** removed: the id up to which all are gone. commands: that are new. */
interface DemoNews {
  removed: number;
  commands: DemoCommand[];
}

/** messages: that are not read. now: the server's clock. */
interface ClassState {
  name: string;
  learner: string;
  until: number | null;
  hand: Hand | null;
  messages: TrainerMessage[];
  look: Permission;
  typing: Permission;
  now?: number;
}

interface CheckedExercise {
  number: number;
  id: string;
  title: string;
  points: number;
  outcome: Outcome;
  lines: string[];
  seconds: number;
}

interface CheckResult {
  exercises: CheckedExercise[];
  notes: string[];
}

interface Cell {
  source: string;
  target: string;
  port: number;
  proto: string;
  family: Family;
  wanted: boolean;
  wanted_by: number[];
  observed: string;
  good: boolean;
  guess: boolean | null;
  why: string[];
}

interface Hop {
  family: string;
  table: string;
  chain: string;
  rule: string;
  verdict: string;
  owner: string;
}

interface TracedProbe {
  probe: string;
  family: Family;
  verdict: string;
  answer: string;
  hops: Hop[];
  sentences: string[];
}

interface Way {
  source: string;
  target: string;
  family: Family;
}

interface WaysResult {
  stage: "now" | "after";
  question: string;
  ways: Way[];
}

interface HintResult {
  now: string[];
  hints: string[];
  last: boolean;
}

/** Each request's result, by its name. */
interface Results {
  check: CheckResult;
  watch: { on: boolean };
  map: Cell[];
  trace: TracedProbe[];
  ways: WaysResult;
  predict: { stage: string };
  hint: HintResult;
  solution: { text: string };
  solve: object;
  reset: object;
  goto: object;
  up: object;
  save: object;
  restore: object;
}

interface Failure {
  error: string;
  evidence?: string;
  hint?: string;
}

declare module "*/xterm.mjs" {
  export interface Disposable {
    dispose(): void;
  }
  export interface Buffer {
    readonly type: "normal" | "alternate";
  }
  export interface Sequence {
    prefix?: string;
    intermediates?: string;
    final: string;
  }
  export interface Parser {
    registerCsiHandler(sequence: Sequence, handler: () => boolean): Disposable;
    registerDcsHandler(sequence: Sequence, handler: () => boolean): Disposable;
    registerOscHandler(number: number, handler: () => boolean): Disposable;
  }
  export interface Theme {
    [name: string]: string;
  }
  export interface Options {
    theme?: Theme;
    fontFamily?: string;
    fontSize?: number;
    lineHeight?: number;
    scrollback?: number;
    cursorBlink?: boolean;
    screenReaderMode?: boolean;
    minimumContrastRatio?: number;
    macOptionIsMeta?: boolean;
    disableStdin?: boolean;
  }
  export class Terminal {
    constructor(options?: Options);
    readonly options: Options;
    readonly rows: number;
    readonly cols: number;
    readonly buffer: { readonly active: Buffer };
    readonly textarea: HTMLTextAreaElement | undefined;
    readonly parser: Parser;
    open(parent: HTMLElement): void;
    focus(): void;
    loadAddon(addon: object): void;
    write(data: string | Uint8Array, drawn?: () => void): void;
    onData(listener: (data: string) => void): Disposable;
    onBinary(listener: (data: string) => void): Disposable;
    onResize(listener: (size: { cols: number; rows: number }) => void): Disposable;
    attachCustomKeyEventHandler(handler: (event: KeyboardEvent) => boolean): void;
    hasSelection(): boolean;
    reset(): void;
    resize(columns: number, rows: number): void;
    dispose(): void;
    getSelection(): string;
  }
}

declare module "*/addon-fit.mjs" {
  export class FitAddon {
    fit(): void;
  }
}
