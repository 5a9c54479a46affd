// What the board's server sends and takes. Only for the type checker; browsers never load this file. Hand and ExerciseState are
// those of the page.

type SeatState = "running" | "missing" | "starting" | "stopped" | "broken" | "laptop";

/** median: seconds that the class has needed; null as long as too few are done with it. */
interface BoardExercise {
  name: string;
  title: string;
  median: number | null;
}

interface RowExercise {
  name: string;
  state: ExerciseState;
  attempts: number;
  hints: number;
  seconds: number;
}

/** exercise: the first that is not done; null: all are. since: of when work on it began. idle: seconds since the last event. */
interface BoardRow {
  learner: string;
  slug: string;
  seat: string;
  lab: number;
  state: SeatState;
  done: number;
  total: number;
  points: number;
  stuck: boolean;
  since: number | null;
  idle: number | null;
  exercise: string | null;
  attempts: number;
  hints: number;
  reasons: string[];
  exercises: RowExercise[];
  hand: Hand | null;
  connected: number;
  laptop: boolean;
}

/** rows: in the roster's order. now: the server's clock. */
interface Board {
  class: string;
  lab: number;
  title: string;
  until: number | null;
  exercises: BoardExercise[];
  rows: BoardRow[];
  now?: number;
}

/** What is shown of a learner's terminal, beside its bytes. size: columns and rows. */
interface ScreenMessage {
  permission?: Permission;
  open?: boolean;
  typing?: Permission;
  refused?: true;
  size?: [number, number];
}

/** What runs at which seat, by slug. */
type Busy = Record<string, string>;

/** What the board asks for, by its name. to: a slug; empty: all. A reset of all answers with what failed, by slug. */
interface BoardRequests {
  message: { to: string; text: string };
  lower: { to: string };
  check: { to: string };
  reset: { to: string };
  goto: { to: string; target: string };
  until: { time: string };
  extend: { minutes: number };
}

/** A row as it is shown. label: the name, or what stands for it. number: in the roster, from 1. rank: by label. */
interface Entry {
  row: BoardRow;
  label: string;
  number: number;
  rank: number;
}
