// The state machine that rebuilds an archive into a generation of the tables: docs/rebuild.md draws it. Every step may be repeated, so an
// execution that failed or was stopped is started again with the same input and goes on.
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  DistributedMap,
  Fail,
  type IChainable,
  JsonPath,
  LogLevel,
  Map as MapState,
  type State,
  StateMachine,
  Succeed,
  TaskInput,
  type TaskStateBase,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { CallAwsService, LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { REBUILD_VARIABLES, type RebuildTask } from './rebuild-task.ts';

export interface RebuildMachineOptions {
  readonly fn: IFunction;
  readonly task: RebuildTask;
}

/** Chunks folded side by side: a shard each, so there are seldom more. */
const CHUNKS_AT_ONCE = 40;
/** An execution has room for 25,000 events in its history; a round of 20 works takes some 300. */
const MOST_ROUNDS = 60;

export class RebuildMachine extends Construct {
  readonly machine: StateMachine;
  readonly #options: RebuildMachineOptions;
  readonly #failed: Fail;

  constructor(scope: Construct, id: string, options: RebuildMachineOptions) {
    super(scope, id);
    this.#options = options;
    this.#failed = new Fail(this, 'Failed', {
      comment: 'The cause says what to do; started again with the same input it goes on.',
      errorPath: '$.failure.Error',
      causePath: '$.failure.Cause',
    });
    const name = `${Stack.of(this).stackName}-rebuild`;
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: name,
      definitionBody: DefinitionBody.fromChainable(this.#definition(name)),
      logs: {
        level: LogLevel.ERROR,
        destination: new LogGroup(this, 'Logs', {
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
  }

  #definition(name: string): IChainable {
    // What the input leaves out stands in what comes back.
    const begin = this.#step(
      'Begin',
      { step: 'begin', input: JsonPath.objectAt('$$.Execution.Input') },
      AS_OUTPUT,
    );
    begin.addCatch(this.#failed, CAUGHT);
    const plan = this.#step(
      'Plan',
      {
        step: 'plan',
        generation: JsonPath.stringAt('$.generation'),
        round: JsonPath.numberAt('$.plan.round'),
      },
      '$.plan',
    );
    plan.addCatch(this.#failed, CAUGHT);
    const work = this.#work();
    const judged = this.#judged();
    const left = new Choice(this, 'Anything left?')
      .when(
        Condition.and(
          Condition.booleanEquals('$.plan.left', true),
          Condition.numberGreaterThan('$.plan.round', MOST_ROUNDS),
        ),
        this.#goOn(name),
      )
      .when(Condition.booleanEquals('$.plan.left', true), work.next(plan))
      .otherwise(judged);
    plan.next(left);
    return begin.next(plan);
  }

  /** In order, one after the other. */
  #work(): MapState {
    const works = new MapState(this, 'Works', {
      itemsPath: '$.plan.work',
      maxConcurrency: 1,
      itemSelector: { 'generation.$': '$.generation', 'work.$': '$$.Map.Item.Value' },
      resultPath: JsonPath.DISCARD,
    });
    const close = this.#step('Close silent windows', {
      step: 'close',
      generation: JsonPath.stringAt('$.generation'),
      hour: JsonPath.stringAt('$.work.hour'),
      atMs: JsonPath.numberAt('$.work.atMs'),
    });
    const fold = new Choice(this, 'Fold or close?')
      .when(Condition.stringEquals('$.work.kind', 'close'), close)
      .otherwise(this.#chunks());
    works.itemProcessor(fold);
    works.addCatch(this.#failed, CAUGHT);
    return works;
  }

  /** Side by side. */
  #chunks(): DistributedMap {
    const chunks = new DistributedMap(this, 'Chunks', {
      itemsPath: '$.work.chunks',
      maxConcurrency: CHUNKS_AT_ONCE,
      itemSelector: { 'generation.$': '$.generation', 'chunk.$': '$$.Map.Item.Value' },
      resultPath: JsonPath.DISCARD,
    });
    const request = {
      step: 'fold',
      generation: JsonPath.stringAt('$.generation'),
      chunk: JsonPath.objectAt('$.chunk'),
    };
    const byFunction = this.#step('Fold by function', request, '$.folded');
    const done = new Choice(this, 'Done?')
      .when(Condition.booleanEquals('$.folded.done', true), new Succeed(this, 'Folded'))
      // Its time was too short: it goes on where it ended.
      .otherwise(byFunction);
    byFunction.next(done);
    const byTask = this.#task('Fold by task', 'fold');
    chunks.itemProcessor(
      new Choice(this, 'Large?')
        .when(Condition.booleanEquals('$.chunk.large', true), byTask)
        .otherwise(byFunction),
    );
    return chunks;
  }

  /** Audit and comparison, and what follows from them. */
  #judged(): IChainable {
    const judge = this.#task('Audit and compare', 'judge');
    judge.addCatch(this.#failed, CAUGHT);
    const report = this.#step(
      'Report',
      { step: 'report', generation: JsonPath.stringAt('$.generation') },
      '$.report',
    );
    report.addCatch(this.#failed, CAUGHT);
    const toSwitch = this.#step(
      'Switch',
      { step: 'switch', generation: JsonPath.stringAt('$.generation') },
      '$.current',
    );
    toSwitch.addCatch(this.#failed, CAUGHT);
    const verdict = new Choice(this, 'Is all well?')
      .when(
        Condition.booleanEquals('$.report.balanced', false),
        this.#fail(
          'Not accounted for',
          'Something that the manifests name is not in the books. `$.report.problems` of the last state says what: mend it and start again.',
        ),
      )
      .when(
        Condition.and(
          Condition.numberGreaterThan('$.report.unexplained', 0),
          Condition.booleanEquals('$.force', false),
        ),
        this.#fail(
          'Unexplained differences',
          'Look at them with `tidemill rebuild diff`; switch all the same with `tidemill rebuild switch --force`, or remove the generation.',
        ),
      )
      .when(
        Condition.booleanEquals('$.switch', true),
        toSwitch.next(new Succeed(this, 'Switched', { comment: '`tidemill rebuild rollback` leads back.' })),
      )
      .otherwise(new Succeed(this, 'Ready', { comment: 'It waits for `tidemill rebuild switch`.' }));
    return judge.next(report).next(verdict);
  }

  /** A new execution goes on, and this one ends. */
  #goOn(name: string): IChainable {
    const arn = Stack.of(this).formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const start = new CallAwsService(this, 'Go on in another execution', {
      service: 'sfn',
      action: 'startExecution',
      parameters: {
        'StateMachineArn.$': '$$.StateMachine.Id',
        'Input.$': 'States.JsonToString($$.Execution.Input)',
      },
      iamAction: 'states:StartExecution',
      iamResources: [arn],
      resultPath: JsonPath.DISCARD,
    });
    start.addCatch(this.#failed, CAUGHT);
    return start.next(new Succeed(this, 'Goes on'));
  }

  #fail(id: string, cause: string): State {
    return new Fail(this, id, {
      error: `Rebuild.${id.replaceAll(/ (.)/g, (_, letter: string) => letter.toUpperCase())}`,
      cause,
    });
  }

  #step(
    id: string,
    payload: Readonly<Record<string, unknown>>,
    resultPath: string | typeof AS_OUTPUT = JsonPath.DISCARD,
  ): LambdaInvoke {
    return new LambdaInvoke(this, id, {
      lambdaFunction: this.#options.fn,
      payload: TaskInput.fromObject({ ...payload }),
      payloadResponseOnly: true,
      ...(resultPath === AS_OUTPUT ? {} : { resultPath }),
      // Longer than the function may take.
      taskTimeout: Timeout.duration(Duration.minutes(16)),
    });
  }

  /** The state itself is the request. */
  #task(id: string, step: string): TaskStateBase {
    return this.#options.task.run(this, id, {
      [REBUILD_VARIABLES.step]: step,
      [REBUILD_VARIABLES.request]: JsonPath.jsonToString(JsonPath.objectAt('$')),
    });
  }
}

/** What the step answers is what the machine goes on with. */
const AS_OUTPUT = Symbol('as output');

const CAUGHT = { errors: ['States.ALL'], resultPath: '$.failure' };
