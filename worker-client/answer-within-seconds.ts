/** How long the service may take for an answer, besides the time that it was asked to wait. */
export const ANSWER_WITHIN_SECONDS = 10;
