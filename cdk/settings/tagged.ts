/**
 * Resources that are not tagged. The CDK would tag a dashboard, but the descriptions of CloudFormation's resources that checks
 * go by know no `Tags` of one, and nothing is paid by a dashboard's tag.
 */
export const TAGGED = { excludeResourceTypes: ['AWS::CloudWatch::Dashboard'] };
