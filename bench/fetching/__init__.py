"""The measurements that bench/fetch.py runs."""
