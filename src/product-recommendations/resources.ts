/** The resources of the recommendations on AWS whose names commands need. */
import type { ResourceName } from '../stack/resource-names.js';

export const TRAINING_APPLICATION: ResourceName = {
  output: 'TrainingApplicationId',
  variable: 'ALAKAZAM_TRAINING_APPLICATION',
};
/** Where recommendations are in the bucket of the lake, as the template has it. */
export const RECOMMENDATIONS_PREFIX = 'recommendations/';
/** Release of EMR, of the cluster and of the application. */
export const EMR_RELEASE = 'emr-7.13.0';
/** The command that gives a stack what training needs. */
export const WITH_TRAINING = 'alakazam deploy --with training';
