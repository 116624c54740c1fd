// Has every alarm of a stack tell one topic: when it goes off, and when it is over.
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** After all alarms are there. The topic's policy must let CloudWatch publish. */
export function tellOfAlarms(scope: Construct, topicArn: string): void {
  const action = new SnsAction(Topic.fromTopicArn(scope, 'AlarmTopic', topicArn));
  for (const alarm of scope.node.findAll()) {
    if (!(alarm instanceof Alarm)) continue;
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}
