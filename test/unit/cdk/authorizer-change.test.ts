// What of a changed authorizer reaches the deployed API: API Gateway takes authorizers on with a deployment alone, and CloudFormation
// makes one only under another id.
import { expect, it } from 'vitest';
import { createApp } from '../../../cdk/create-app.ts';
import { unsynthesizedStack } from '../../support/synthesized-stack.ts';
import { templateOf } from '../../support/template-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it('a changed authorizer makes another deployment, and the same one does not', async () => {
  const deploymentOf = async (cacheSeconds: number) => {
    const stack = unsynthesizedStack(
      { authorizerCacheSeconds: cacheSeconds },
      createApp(await temporaryFolder()),
    );
    return Object.keys(templateOf(stack).findResources('AWS::ApiGateway::Deployment'));
  };
  const [first, same, other] = [await deploymentOf(60), await deploymentOf(60), await deploymentOf(120)];
  expect(first).toHaveLength(1);
  expect(same).toEqual(first);
  expect(other).not.toEqual(first);
});
