"""Megan Begley, LCSW, Center for HBH: one clinician's practice-informed, deliberately cautious view."""
