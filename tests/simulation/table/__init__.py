"""A double of one DynamoDB table: what the cloud would answer, call by call, without a process."""
