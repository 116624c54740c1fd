// A budget for what carries the stack's tag: tells when most of it is spent, and when it will not last the month. The tag counts once
// it is activated for cost allocation in the account's billing.
import { Aws, Stack, Tags } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { Construct } from 'constructs';
import type { Budget } from '../settings/settings.ts';
import { TAGGED } from '../settings/tagged.ts';

export class StackBudget extends Construct {
  constructor(scope: Construct, id: string, { monthlyUsd, email }: Budget) {
    super(scope, id);
    const { stackName } = Stack.of(this);
    Tags.of(Stack.of(this)).add(STACK_TAG, stackName, TAGGED);
    const tell = (notificationType: string, threshold: number) => ({
      notification: { notificationType, threshold, comparisonOperator: 'GREATER_THAN' },
      subscribers: [{ subscriptionType: 'EMAIL', address: email }],
    });
    new CfnBudget(this, 'Budget', {
      budget: {
        // Names are the account's, of all regions.
        budgetName: `${stackName}-${Aws.REGION}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyUsd, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:${STACK_TAG}$${stackName}`] },
      },
      notificationsWithSubscribers: [tell('ACTUAL', 80), tell('FORECASTED', 100)],
    });
  }
}

const STACK_TAG = 'tidemill-stack';
