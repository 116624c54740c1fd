export interface MeasurePlan {
  readonly rounds: number;
  /** CPU that a case takes before it is timed, about. */
  readonly warmUpMs: number;
  /** CPU of a round, about; at least one batch. */
  readonly roundMs: number;
  /** CPU of all rounds of a case, about; slow ones have fewer rounds, at least two. */
  readonly caseMs: number;
}
