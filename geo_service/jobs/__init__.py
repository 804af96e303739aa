"""Large uploads: acknowledged once they are on the disk, worked on by a process of their own, not lost by a crash."""
