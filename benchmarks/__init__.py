"""Speed, requests, memory and storage, beside what a user would pick instead, in the same run."""
