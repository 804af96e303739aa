"""The second layout: uploads that go on in the background, and what was answered for a source.

A *job* is an upload that was acknowledged before it was read. It has the number that its changeset will have. Its row
says what was asked and never changes but once: from processing to done, failed or cancelled. How far it has come is no
record and stands beside the store.
"""

from geo_service.store.schema import DESCRIPTION, append_only, changeset_steps

REMEMBERED = ("signature", "answers")
"""What a changeset keeps of its source: who sends what columns for which layer, and what was answered for it."""

DESCRIBED = (*DESCRIPTION, *REMEMBERED)
"""What a changeset was given when it was received, from this layout on: it never changes."""

JOB = ("id", "layer", "author", "message", "source_name", "source_sha256", "created_at", "request")
"""What a job was given when it was acknowledged: it never changes."""

ENDS = ("done", "failed", "cancelled")
"""The states that end a job; `done` where its changeset was received."""

_JOBS = """
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  layer TEXT NOT NULL,
  author TEXT NOT NULL,
  message TEXT NOT NULL,
  source_name TEXT NOT NULL,
  source_sha256 TEXT NOT NULL,
  created_at TEXT NOT NULL,
  request TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  errors TEXT
);
CREATE INDEX jobs_state ON jobs (state);
ALTER TABLE changesets ADD COLUMN signature TEXT;
ALTER TABLE changesets ADD COLUMN answers TEXT;
CREATE INDEX changesets_signature ON changesets (signature);
DROP TRIGGER changesets_steps
"""


def statements() -> list[str]:
    """Return the statements that bring the first layout to the second, in order."""
    made = [one.strip() for one in _JOBS.split(";\n") if one.strip()]
    return [*made, changeset_steps(DESCRIBED), append_only("jobs", "DELETE"), *_job_steps()]


def _job_steps() -> list[str]:
    same = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in JOB)
    ends = ", ".join(f"'{state}'" for state in ENDS)
    begin = (
        "CREATE TRIGGER jobs_begin BEFORE INSERT ON jobs "
        "WHEN NEW.state <> 'processing' OR EXISTS (SELECT 1 FROM changesets WHERE id = NEW.id) "
        "OR NEW.id IN (SELECT id FROM jobs) "
        "BEGIN SELECT RAISE(ABORT, 'a job begins with a number of its own'); END"
    )
    end = (
        "CREATE TRIGGER jobs_end BEFORE UPDATE ON jobs "
        f"WHEN {same} OR OLD.state <> 'processing' OR NEW.state NOT IN ({ends}) "
        "BEGIN SELECT RAISE(ABORT, 'a job ends once'); END"
    )
    return [begin, end]
