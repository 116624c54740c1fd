// A template's state machine, run here by an interpreter of the Amazon States Language. What the interpreter does not do: it runs a
// distributed map as any other, in one execution, and looks at no limit of time or size.
import type { Template } from 'aws-cdk-lib/assertions';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';

/** What the template's only state machine is, with a text in place of each reference. */
export function stateMachineIn(template: Template): StateMachineDefinition {
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const text: unknown = machine?.['Properties']?.DefinitionString;
  const join: unknown =
    typeof text === 'object' && text !== null && 'Fn::Join' in text ? text['Fn::Join'] : undefined;
  if (!Array.isArray(join) || !Array.isArray(join[1]))
    throw new Error('found no state machine with a joined definition');
  return JSON.parse(join[1].map((part: unknown) => (typeof part === 'string' ? part : REFERENCE)).join(''));
}

/** Where the whole of a resource is a reference, it is to be an ARN. */
const REFERENCE = 'arn:aws:lambda:us-east-1:000000000000:function:referred';

type Handler = (parameters: unknown) => Promise<object>;

export interface MachineRun {
  /** What a function is handed. */
  readonly invoke: Handler;
  /** A container's environment; rejects where it fails. */
  readonly runTask: (environment: Readonly<Record<string, string>>) => Promise<object>;
  /** Names of states whose next run is not to be done by those: they fail as if something had ended them. */
  readonly ends?: string[];
  /** Gets what the interpreter goes on with behind a map that failed; the service begins nothing more of that. Default: it is refused. */
  readonly behind?: (going: Promise<unknown>) => void;
}

/** The output of the execution. @throws what it failed with */
export async function runStateMachine(
  definition: StateMachineDefinition,
  input: object,
  { invoke, runTask, ends = [], behind }: MachineRun,
): Promise<unknown> {
  // The service stops what a failed map has not begun; the interpreter goes on with it behind the execution's back.
  let hasEnded = false;
  const handlers: Record<string, (parameters: unknown) => Promise<string>> = {};
  for (const { name, resource } of tasksIn(definition)) {
    handlers[name] = async (parameters) => {
      if (hasEnded && behind === undefined) throw new Error(`${name}: the execution has ended`);
      const end = ends.indexOf(name);
      if (end >= 0) {
        ends.splice(end, 1);
        hasEnded = true;
        throw new Error(`${name} was ended`);
      }
      const asked = resource.includes(':ecs:') ? runTask(environmentIn(parameters)) : invoke(parameters);
      if (hasEnded) behind?.(asked);
      const answer = await asked;
      return JSON.parse(JSON.stringify(answer));
    };
  }
  const machine = new StateMachine(definition, { validationOptions: { checkArn: false } });
  const names = Object.keys(handlers);
  const execution = machine.run(JSON.parse(JSON.stringify(input)), {
    overrides: {
      taskResourceLocalHandlers: handlers,
      retryIntervalOverrides: Object.fromEntries(names.map((name) => [name, 0])),
    },
    context: { Execution: { Input: input }, StateMachine: { Id: REFERENCE } } as never,
  });
  return await execution.result;
}

interface FoundTask {
  readonly name: string;
  readonly resource: string;
}

function tasksIn(definition: object): readonly FoundTask[] {
  const found: FoundTask[] = [];
  const look = (value: unknown, name: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { Type: type, Resource: resource } = value as Readonly<Record<string, unknown>>;
    if (type === 'Task' && typeof resource === 'string') found.push({ name, resource });
    for (const [key, part] of Object.entries(value)) look(part, key);
  };
  look(definition, '');
  return found;
}

interface EcsParameters {
  readonly Overrides: {
    readonly ContainerOverrides: readonly {
      readonly Environment: readonly { readonly Name: string; readonly Value: string }[];
    }[];
  };
}

function environmentIn(parameters: unknown): Readonly<Record<string, string>> {
  // as the template's state has them
  const { Overrides } = parameters as EcsParameters;
  const [container] = Overrides.ContainerOverrides;
  return Object.fromEntries((container?.Environment ?? []).map(({ Name, Value }) => [Name, Value]));
}
