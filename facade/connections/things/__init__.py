"""Things: what belongs to a subject at the backend, acted on and removed by actions."""
