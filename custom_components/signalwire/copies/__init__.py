"""Copies of recordings on a disk: how they are named, and how they are written."""
